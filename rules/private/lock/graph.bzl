"""Cycles of a dependency graph: its strongly connected components (Kosaraju), with no recursion, which Starlark lacks."""

def components(graph):
    """Groups the nodes that reach each other.

    Args:
      graph: node -> list of nodes, all of which are keys too.

    Returns:
      node -> sorted list of the nodes of its component, itself included.
    """
    order = _postorder(graph, sorted(graph))
    found = {}
    reverse = _reversed(graph)
    for node in reversed(order):
        if node in found:
            continue
        members = sorted([other for other in _postorder(reverse, [node], found)])
        for member in members:
            found[member] = members
    return found

def _reversed(graph):
    result = {node: [] for node in graph}
    for node, successors in graph.items():
        for successor in successors:
            result[successor].append(node)
    return result

def _postorder(graph, starts, closed = {}):
    """Depth first from `starts`, without what is closed: each node after all that it leads to."""
    seen = {}
    done = []
    steps = len(graph) + 1
    for successors in graph.values():
        steps += len(successors) + 1
    for start in starts:
        if start in seen or start in closed:
            continue
        seen[start] = 0
        stack = [start]
        for _ in range(2 * steps):
            if not stack:
                break
            node = stack[-1]
            position = seen[node]
            if position == len(graph[node]):
                done.append(stack.pop())
                continue
            seen[node] = position + 1
            successor = graph[node][position]
            if successor not in seen and successor not in closed:
                seen[successor] = 0
                stack.append(successor)
    return done
