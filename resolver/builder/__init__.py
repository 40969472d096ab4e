"""Recipes are carried out here: build environments from locked files, hooks and builds in the sandbox."""
