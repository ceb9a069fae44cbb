// The version that the agent reports. A constant and not a read of package.json, because the bundled agent travels as one file;
// a test holds it equal to package.json.
export const AGENT_VERSION = '0.1.0';
