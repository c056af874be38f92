"""Support bundles: sockets and facts out of archives and folders, without unpacking them."""
