import { Type } from "typebox";
import { Compile } from "typebox/compile";

const Envelope = Compile(
	Type.Object({
		error: Type.Object({
			root_cause: Type.Array(Type.Object({})),
		}),
		status: Type.Number(),
	}),
);

/** Whatever stands before the folders that this program's own code and its libraries are in. */
const folderBefore =
	/(?:file:\/\/)?\/[^\s()]*\/(?=(?:sidecar|schemas|ingest|node_modules)\/)/g;

/**
 * An error envelope with the error's stack trace where OpenSearch puts it for `error_trace`. From status 500 on it
 * stays as it is: what happened is for the log. A trace names no folder of the machine.
 */
export function withStackTrace(json: string, error: Error): string {
	const envelope: unknown = JSON.parse(json);
	if (!Envelope.Check(envelope) || envelope.status >= 500) return json;
	const stack_trace = stackTrace(error);
	const { root_cause, ...rest } = envelope.error;
	return JSON.stringify({
		...envelope,
		error: {
			root_cause: root_cause.map((cause) => ({ ...cause, stack_trace })),
			...rest,
			stack_trace,
		},
	});
}

function stackTrace(error: Error): string {
	const frames = (error.stack ?? "")
		.split("\n")
		.filter((line) => /^ {4}at /.test(line))
		.map((line) => line.replaceAll(folderBefore, "").trim())
		.filter((line) => !/(?:file:\/|[\s(]\/)/.test(line));
	return [`${error.name}[${error.message}]`, ...frames]
		.map((line) => `${line}\n`)
		.join("\t");
}
