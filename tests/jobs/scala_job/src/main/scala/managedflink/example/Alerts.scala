package managedflink.example

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime
import org.apache.flink.table.api.{EnvironmentSettings, TableEnvironment}
import org.apache.flink.table.functions.ScalarFunction

import scala.collection.JavaConverters._

/** From Fahrenheit to Celsius. */
class Celsius extends ScalarFunction {
  def eval(fahrenheit: java.lang.Double): java.lang.Double =
    if (fahrenheit == null) null else math.round((fahrenheit - 32) / 1.8 * 10) / 10.0
}

/** Readings above a limit: the Java API of Flink, called from Scala. */
object Alerts {
  def main(arguments: Array[String]): Unit = {
    val groups = sys.env.get("MANAGED_FLINK_PROPERTIES_FILE") match {
      case Some(file) => KinesisAnalyticsRuntime.getApplicationProperties(file)
      case None => KinesisAnalyticsRuntime.getApplicationProperties()
    }
    def options(group: String): String = groups.get(group).asScala
      .map { case (key, value) => s"'$key' = '${value.replace("'", "''")}'" }
      .mkString(", ")
    val limit = groups.get("limits").getProperty("celsius").toDouble
    val tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode())
    tables.createTemporarySystemFunction("CELSIUS", classOf[Celsius])
    tables.executeSql(
      s"CREATE TABLE readings (sensor STRING, fahrenheit DOUBLE) WITH (${options("readings")})")
    tables.executeSql(
      s"CREATE TABLE alerts (sensor STRING, celsius DOUBLE) WITH (${options("alerts")})")
    tables.executeSql(
      s"""INSERT INTO alerts SELECT sensor, CELSIUS(fahrenheit) FROM readings
         |WHERE CELSIUS(fahrenheit) > $limit""".stripMargin)
  }
}
