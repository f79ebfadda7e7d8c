globalThis.state = { step: 1 };
state.step;
