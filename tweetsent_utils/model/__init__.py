"""From a batch to logits: the encoder, its pooling, its head, and faster parts for a CPU."""
