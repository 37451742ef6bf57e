"""Flow solvers of OR-Tools, each run in a child process with a hard limit; plain data in and out."""
