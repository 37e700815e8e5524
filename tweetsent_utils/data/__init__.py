"""From a file of tweets to padded batches of token ids."""
