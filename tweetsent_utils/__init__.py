"""What two notebooks of the tutorial share: small modules, imported one by one, with arrows that point one way.

errors <- runs <- reading; cleaning <- encoder; dataset, batching <- training <- inference; evaluation;
display <- plots, progress, widgets; on top parameters, monitor <- driver <- __main__.
"""
