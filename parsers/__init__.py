"""The dialects: NAME.lark describes the lines, NAME.py turns cells into a row."""

if __name__ != "nsparse.parsers":
    raise ImportError("import nsparse.parsers, not parsers")
