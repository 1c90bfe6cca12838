import { expect, test } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { RuntimeStopped } from "../../sidecar/runtime/runtime-stopped.ts";

test("a client that meets a stopping sidecar gets the same envelope as for any other state it cannot use", () => {
	const error = new RuntimeStopped("model m has been unloaded");
	expect(error).toBeInstanceOf(SidecarError);
	expect(error).toMatchObject({
		code: "bad_state",
		status: 400,
		type: "status_exception",
		message: "model m has been unloaded",
	});
});

test("a model that is in a bad state by its own fault is not taken for one that was stopped", () => {
	expect(new SidecarError("bad_state", "broken")).not.toBeInstanceOf(
		RuntimeStopped,
	);
});
