package managedflink.example;

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The application's property groups: a source's or sink's is its table's option list. */
final class Groups {
    private final Map<String, Properties> groups;
    private final JsonNode ofThisMachine;

    private Groups(Map<String, Properties> groups, JsonNode ofThisMachine) {
        this.groups = groups;
        this.ofThisMachine = ofThisMachine;
    }

    /** From the service's file; both variables are set on one's own machine only. */
    static Groups read() throws IOException {
        String file = System.getenv("MANAGED_FLINK_PROPERTIES_FILE");
        String options = System.getenv().getOrDefault("MANAGED_FLINK_CONNECTOR_OPTIONS", "{}");
        return new Groups(
                file == null
                        ? KinesisAnalyticsRuntime.getApplicationProperties()
                        : KinesisAnalyticsRuntime.getApplicationProperties(file),
                new ObjectMapper().readTree(options));
    }

    String value(String group, String key) {
        String value = of(group).getProperty(key);
        if (value == null) {
            throw new NoSuchElementException(
                    "property group '" + group + "' has no key '" + key + "'");
        }
        return value;
    }

    /** The inside of WITH (…). */
    String options(String group) {
        Map<String, String> options = new TreeMap<>();
        Properties given = of(group);
        given.forEach((key, value) -> options.put((String) key, (String) value));
        JsonNode local = ofThisMachine.path(given.getProperty("connector", ""));
        local.fieldNames().forEachRemaining(key -> options.put(key, local.get(key).asText()));
        return options.entrySet().stream()
                .map(option -> quoted(option.getKey()) + " = " + quoted(option.getValue()))
                .collect(Collectors.joining(", "));
    }

    private Properties of(String group) {
        if (!groups.containsKey(group)) {
            throw new NoSuchElementException(
                    "there is no property group '" + group + "'; there are: "
                            + String.join(", ", new TreeMap<>(groups).keySet()));
        }
        return groups.get(group);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
