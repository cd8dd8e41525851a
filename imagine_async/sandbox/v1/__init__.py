"""The first generation of the API: what it takes beside the catalog's ranges, and how its pictures are painted."""
