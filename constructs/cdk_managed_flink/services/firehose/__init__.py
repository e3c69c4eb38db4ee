"""Delivery streams of Amazon Data Firehose: what every destination has in common, and S3 and HTTP.

A destination is a value that configures itself for a ``DeliveryStream`` (``destination.py``); a
sink joins the stream to an application with ``bind_delivery_stream`` (``binding.py``).
"""
