"""Fine-tune a BERT-family encoder on tweets, in plain PyTorch.

The folders follow the road of the data: `data` (a CSV file becomes tokens, then batches), `model`
(a batch becomes logits), `training` (logits become weights), `evaluation` (weights become claims).
`show` is what a notebook displays, `pipeline` what runs the notebooks from the command line.
"""
