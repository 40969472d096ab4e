"""``wheelhouse why``: what brings a project into the lock."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from resolver.cli.files import lock_path, read_lock
from resolver.cli.names import known_environments, known_project
from resolver.cli.terminal import Terminal
from resolver.lock.explain import describe_explanation, explain


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print every chain of requirements that leads to the project."""
    lock = read_lock(lock_path(args.lock))
    project = known_project(args.name, lock)
    explanation = explain(lock, project, known_environments(args.environment, lock.environments))
    terminal.result(describe_explanation(explanation), asdict(explanation))
    return 0
