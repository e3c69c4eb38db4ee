"""Amazon Data Firehose: delivery streams, their destinations, and the sink.

A destination is a value that configures itself for a ``DeliveryStream``; a sink joins the stream
to an application with ``bind_delivery_stream`` (``binding.py``).
"""
