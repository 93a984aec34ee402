/// An order that cannot be read.
public struct EgressOrderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line for people; nothing of the order itself, which holds keys.
    public let description: String
}

extension EgressOrder {
    /// The form in which the service reads it, on one line.
    public var json: JSON {
        var members: JSONObject = [
            "schema": .integer(Self.schema), "doors": .array(doors.map(\.json)),
            "upstream": [
                "https": JSON(upstream.https), "http": JSON(upstream.http),
                "except": JSON(upstream.except),
            ],
            "limits": .object(
                JSONObject(
                    EgressLimits.fields.map { ($0.name, .integer(Int64(limits[keyPath: $0.path]))) }
                )),
        ]
        if let authorities { members["authorities"] = .string(authorities) }
        return .object(members)
    }

    /// Reads an order.
    ///
    /// - Throws: ``EgressOrderError`` if it is none.
    public init(parsing bytes: [UInt8]) throws(EgressOrderError) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            throw EgressOrderError(description: "the order is no JSON: \(error)")
        }
        guard json["schema"]?.integer == Self.schema, let list = json["doors"]?.array else {
            throw EgressOrderError(description: "the order is not of schema \(Self.schema)")
        }
        var doors: [EgressDoor] = []
        for entry in list { doors.append(try EgressDoor(entry)) }
        let upstream = json["upstream"]
        var limits = EgressLimits()
        for field in EgressLimits.fields {
            guard let number = json["limits"]?[field.name]?.integer else { continue }
            guard (1...604_800).contains(number) else {
                throw EgressOrderError(description: "limit '\(field.name)' is out of range")
            }
            limits[keyPath: field.path] = Int(number)
        }
        self.init(
            doors: doors,
            upstream: UpstreamProxy(
                https: upstream?["https"]?.string, http: upstream?["http"]?.string,
                except: upstream?["except"]?.array?.compactMap(\.string) ?? []),
            authorities: json["authorities"]?.string, limits: limits)
    }
}

extension EgressLimits {
    fileprivate static var fields: [(name: String, path: WritableKeyPath<EgressLimits, Int>)] {
        [
            ("connections", \.connections), ("head_seconds", \.headSeconds),
            ("connect_seconds", \.connectSeconds), ("idle_seconds", \.idleSeconds),
            ("total_seconds", \.totalSeconds),
        ]
    }
}

extension EgressDoor {
    fileprivate var json: JSON {
        var members: JSONObject = ["name": .string(name), "socket": .string(socket)]
        switch kind {
        case .proxy(let allow):
            members["kind"] = "proxy"
            members["allow"] = JSON(allow.map(\.description))
        case .forward(let host, let port):
            members["kind"] = "forward"
            members["to"] = .string("\(host):\(port)")
        case .model(let base, let replace):
            members["kind"] = "model"
            members["base_url"] = .string(base)
            members["replace"] = .array(
                replace.map {
                    ["placeholder": .string($0.placeholder), "value": .string($0.value)]
                })
        }
        return .object(members)
    }

    fileprivate init(_ json: JSON) throws(EgressOrderError) {
        guard let name = json["name"]?.string, let socket = json["socket"]?.string else {
            throw EgressOrderError(description: "a door has no name or no socket")
        }
        switch json["kind"]?.string {
        case "proxy":
            guard let texts = json["allow"]?.array?.compactMap(\.string) else {
                throw EgressOrderError(description: "door '\(name)' has no list")
            }
            var rules: [NetworkRule] = []
            for text in texts {
                do throws(NetworkRuleError) {
                    rules.append(try NetworkRule(parsing: text))
                } catch {
                    throw EgressOrderError(description: error.description)
                }
            }
            self.init(name: name, socket: socket, kind: .proxy(allow: rules))
        case "forward":
            guard let to = json["to"]?.string, let rule = try? NetworkRule(parsing: to),
                let port = rule.port, !rule.isWildcard
            else { throw EgressOrderError(description: "door '\(name)' leads nowhere") }
            self.init(name: name, socket: socket, kind: .forward(host: rule.host, port: port))
        case "model":
            guard let base = json["base_url"]?.string else {
                throw EgressOrderError(description: "door '\(name)' has no 'base_url'")
            }
            var pairs: [Replacement] = []
            for pair in json["replace"]?.array ?? [] {
                guard let placeholder = pair["placeholder"]?.string, !placeholder.isEmpty,
                    let value = pair["value"]?.string
                else { throw EgressOrderError(description: "door '\(name)' replaces nothing") }
                pairs.append(Replacement(placeholder: placeholder, value: value))
            }
            self.init(name: name, socket: socket, kind: .model(base: base, replace: pairs))
        default:
            throw EgressOrderError(description: "door '\(name)' is of no known kind")
        }
    }
}
