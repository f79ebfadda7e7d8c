"""What the messages of an agent tell of what it has touched.

They are read whenever it is asked what a session has touched, beside what is stored of that.

    history         labels that stand with results, and are read again with the history
    provider_tools  tools that run where the model does, and what they put into its messages
"""
