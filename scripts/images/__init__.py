"""The container image and the other processor, tried where there is neither engine nor such a machine."""
