"""Many shipments of one lane at once: the same ways, cents and days as one by one, for a fraction of the work.

candidates   every way that could be the best of some of the shipments, and no other
exact        the cents of every line of a way for all shipments, in integers, and who takes which way
rows         the answers of a batch, line by line
share        the lanes of a file among processes
"""
