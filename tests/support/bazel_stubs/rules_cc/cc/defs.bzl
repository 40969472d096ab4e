"""Stands in for rules_cc: the rules that Bazel has built in."""

cc_library = native.cc_library
cc_binary = native.cc_binary
cc_import = native.cc_import
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
cc_test = native.cc_test
