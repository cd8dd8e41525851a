"""Video jobs: they are accepted, take a while on the sandbox's clock, and end with a film that can be fetched."""
