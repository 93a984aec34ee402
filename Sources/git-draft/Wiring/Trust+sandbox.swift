import Model

extension SandboxSettings {
    /// What the file says that is not as built in, by its names there; empty if that is nothing.
    ///
    /// A part of the set that a person accepts. Members that say nothing are left out, so that
    /// one that a later version adds changes no set without it.
    var reach: JSONObject {
        guard let all = json?.object else { return [:] }
        let builtIn: [JSON] = [.null, false, [], [:]]
        return JSONObject(all.filter { !builtIn.contains($0.value) })
    }
}
