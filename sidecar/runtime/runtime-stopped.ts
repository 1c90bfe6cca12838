import { SidecarError } from "../errors.ts";

/**
 * A load or a run ended because somebody wanted the model out of memory: it was unloaded, or the runtime was
 * closed. `bad_state` to a client; it says nothing about the model itself.
 */
export class RuntimeStopped extends SidecarError {
	constructor(reason: string) {
		super("bad_state", reason);
	}
}
