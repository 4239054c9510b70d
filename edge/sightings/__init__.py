"""Cameras in the world: photos of one joined, suggested, mapped and handed on."""
