"""Many bundles to one dataset: on this machine, or on a cluster."""
