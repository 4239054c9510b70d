"""A certificate authority of the box's own, and what it is called on the local network. Knows no service."""
