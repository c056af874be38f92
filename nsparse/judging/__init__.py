"""From the frame to findings: hosts, the scene, and what the diagnoses share."""
