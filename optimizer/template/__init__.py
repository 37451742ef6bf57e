"""Spreadsheets to fill in, with lists to choose from; what is filled in is read back by `keruen read`."""
