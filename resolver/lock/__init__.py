"""The lock: values, file format, digest of the inputs, differences, merge of the resolutions."""
