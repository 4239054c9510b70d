"""Attacks: the table of them, and those that belong to no one part of Camid."""
