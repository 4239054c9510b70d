"""The parts of the reference that are made from the code, each as Markdown."""
