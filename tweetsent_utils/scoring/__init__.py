"""What a trained model is for: from one text to files larger than a memory, into tables."""
