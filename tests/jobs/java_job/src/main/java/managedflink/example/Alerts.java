package managedflink.example;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;

/** Readings above a limit, with a function of the job's own. */
public final class Alerts {
    /** From Fahrenheit to Celsius. */
    public static final class Celsius extends ScalarFunction {
        public Double eval(Double fahrenheit) {
            return fahrenheit == null ? null : Math.round((fahrenheit - 32) / 1.8 * 10) / 10.0;
        }
    }

    private Alerts() {}

    public static void main(String[] arguments) throws Exception {
        Groups groups = Groups.read();
        TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        tables.createTemporarySystemFunction("CELSIUS", Celsius.class);
        tables.executeSql(
                "CREATE TABLE readings (sensor STRING, fahrenheit DOUBLE) WITH ("
                        + groups.options("readings")
                        + ")");
        tables.executeSql(
                "CREATE TABLE alerts (sensor STRING, celsius DOUBLE) WITH ("
                        + groups.options("alerts")
                        + ")");
        tables.executeSql(
                "INSERT INTO alerts SELECT sensor, CELSIUS(fahrenheit) FROM readings"
                        + " WHERE CELSIUS(fahrenheit) > "
                        + Double.parseDouble(groups.value("limits", "celsius")));
    }
}
