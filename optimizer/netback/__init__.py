"""Netback: what grain is worth at the elevator when it is sold at each of several outlets.

read    a trader's table of offers (and of elevators) to typed rows; what cannot be used is told, row by row
pair    one elevator and one outlet: the way, whose each line is, price less the seller's lines
ties    which differences the stated bands could turn round
run     the use case: every pair, ranked; the files it writes
page    a picture of the table, one HTML file
show    the table in a terminal
"""
