import { SidecarError } from "../../errors.ts";

/** Throws `inference_failed` for NaN and the infinities, which JSON does not have. */
export function requireFinite(values: Float32Array, what: string): void {
	if (!values.every(Number.isFinite)) {
		throw new SidecarError(
			"inference_failed",
			`the model's ${what} has a value that is no finite number`,
		);
	}
}
