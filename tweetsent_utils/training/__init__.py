"""From logits to weights: devices, steps, optimisation, checkpoints and memory."""
