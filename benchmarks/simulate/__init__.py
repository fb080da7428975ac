"""Simulate a fleet: `python -m benchmarks.simulate --accounts 1_000_000`.

The simulation computes how long the first sync of all accounts takes, how fresh their
transactions are, and how fairly tenants are served, for your own numbers. It knows
how many requests each sync needs, and the limits on requests. It does not know the
speed of your machines: measure that with `python -m benchmarks.fleet`.

It is a discrete-event simulation with two approximations:

* Slices that run at the same time share a limit equally, so each advances at the same
  speed. Requests are not simulated one by one.
* If there are many accounts, a sample of them is simulated under a limit that is
  smaller by the same factor.
"""
