"""Archives: many photos to few files, resumed after anything."""
