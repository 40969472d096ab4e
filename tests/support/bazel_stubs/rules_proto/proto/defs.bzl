"""Stands in for rules_proto: the rule that Bazel has built in."""

proto_library = native.proto_library
