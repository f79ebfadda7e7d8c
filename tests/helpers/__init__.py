"""What the tests share: a scripted model, a shop that notes what is done, agents of every kind."""
