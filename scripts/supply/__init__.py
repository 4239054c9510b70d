"""What ships with Camid, under which licence: distributions, the libraries inside their wheels, files."""
