"""Values -> Starlark text, formatted as buildifier would."""

# All but tab, newline and carriage return, in octal: the only escape that every Bazel reads.
_CONTROL = [
    "\001",
    "\002",
    "\003",
    "\004",
    "\005",
    "\006",
    "\007",
    "\010",
    "\013",
    "\014",
    "\016",
    "\017",
    "\020",
    "\021",
    "\022",
    "\023",
    "\024",
    "\025",
    "\026",
    "\027",
    "\030",
    "\031",
    "\032",
    "\033",
    "\034",
    "\035",
    "\036",
    "\037",
    "\177",
]

def call(function, arguments):
    """A call with named arguments.

    Args:
      function: its name.
      arguments: name -> value: strings, bools, lists and dicts of such, or None, which leaves it out.

    Returns:
      Text that ends with a newline.
    """
    lines = [function + "("]
    for name, value in arguments.items():
        if value != None and value != [] and value != {}:
            lines.append("    %s = %s," % (name, rendered(value, 1)))
    return "\n".join(lines + [")"]) + "\n"

def rendered(value, depth = 0):
    """A value.

    Args:
      value: a string, bool or int, or a list or dict of such, nested to three levels.
      depth: indentation of the line on which it begins.

    Returns:
      Text without a newline at its end.
    """
    if type(value) == "dict":
        return _block("{", ["%s: %s" % (_literal(key), _inner(value[key], depth + 1)) for key in sorted(value)], "}", depth)
    if type(value) == "list" and len(value) > 1:
        return _block("[", [_inner(item, depth + 1) for item in value], "]", depth)
    return _literal(value)

def _literal(value):
    if type(value) != "string":
        return repr(value)

    # `repr` escapes control characters in a way that Starlark does not read back. They come from logs of builds.
    for character in _CONTROL:
        value = value.replace(character, "?")
    return repr(value)

def _inner(value, depth):
    if type(value) == "dict":
        return _block("{", ["%s: %s" % (_literal(key), _innermost(value[key], depth + 1)) for key in sorted(value)], "}", depth)
    if type(value) == "list" and len(value) > 1:
        return _block("[", [_literal(item) for item in value], "]", depth)
    return _literal(value)

def _innermost(value, depth):
    if type(value) == "list" and len(value) > 1:
        return _block("[", [_literal(item) for item in value], "]", depth)
    return _literal(value)

def _block(opening, items, closing, depth):
    if not items:
        return opening + closing
    indent = "    " * (depth + 1)
    return "\n".join([opening] + [indent + item + "," for item in items] + ["    " * depth + closing])
