"""What people's spreadsheets mean: every row accepted, asked about, rejected or skipped, and why."""
