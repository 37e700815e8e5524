"""What two notebooks of the tutorial share: small modules, imported one by one, with arrows that point one way.

errors <- files <- reading; cleaning <- encoder; dataset, batching; memory <- training <- evaluation <- audit;
checkpoints; display <- progress; plots; cleaning, files <- parameters <- runs; on top monitor <- driver <- __main__.
"""
