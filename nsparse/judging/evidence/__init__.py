"""What diagnoses share: how something is counted, proved and said."""
