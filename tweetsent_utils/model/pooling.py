"""What the head reads: a layer that averages over all tokens, which every tool can open."""

import torch

from tweetsent_utils.errors import TweetsentError

# Their layers are like BERT's. Others are built otherwise, or normalise in other places, and would
# begin somewhere else.
FAMILIES = (
    "bert",
    "camembert",
    "data2vec-text",
    "electra",
    "ernie",
    "rembert",
    "roberta",
    "roc_bert",
    "roformer",
    "xlm-roberta",
)


@torch.no_grad()
def add_averaging_layer(model: torch.nn.Module) -> None:
    """Append a layer like BERT's in which each token adds the mean over all tokens to itself.

    That is where training starts. The queries are zero, so that attention is even; values pass
    unchanged, and the inner layer adds nothing. Mean pooling: Reimers and Gurevych,
    https://arxiv.org/abs/1908.10084. Raises `TweetsentError` for a model with other layers.
    """
    family = model.config.model_type
    if family not in FAMILIES:
        what = f"pooling 'mean' appends a layer like BERT's, and {family} has others"
        remedy = "set pooling to 'cls', or take an encoder such as BERT or RoBERTa"
        raise TweetsentError(f"{what}: {remedy}")
    layers = model.base_model.encoder.layer
    layer = type(layers[-1])(model.config).to(model.device).train(model.training)
    attention = layer.attention
    zero_parts = [attention.self.query, layer.output.dense]
    identity_parts = [attention.self.value, attention.output.dense]
    for part in zero_parts + identity_parts:
        part.weight.zero_()
        part.bias.zero_()
    for part in identity_parts:
        part.weight.fill_diagonal_(1)
    layers.append(layer)
    model.config.num_hidden_layers += 1
