"""Policy text to what happens: reading, composing and following API Management policies, without any IO."""
