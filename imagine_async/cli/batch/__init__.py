"""`imagine batch`: many pictures out of a manifest, and what a journal tells of them."""
