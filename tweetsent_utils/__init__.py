"""What two notebooks of the tutorial share: small modules, imported one by one, with arrows that point one way.

errors <- runs <- reading; cleaning <- encoder; dataset <- batching <- training <- inference; evaluation, plots;
display <- progress, widgets; publish, download, driver on top.
"""
