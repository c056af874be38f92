"""The diagnoses: one family in one file, found by its file name."""

if __name__ != "nsparse.analysis":
    raise ImportError("import nsparse.analysis, not analysis")
