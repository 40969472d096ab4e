"""Providers of the targets of a lock."""

load("//rules/private/wheels:installed.bzl", _WheelInfo = "WheelInfo")

WheelInfo = _WheelInfo
