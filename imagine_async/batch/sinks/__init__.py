"""Where the files of a batch go: a folder, an object store, or any file system of fsspec."""
