"""What distributions say of their licences, and whether that is allowed."""
